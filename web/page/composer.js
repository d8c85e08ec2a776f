// The search form: the picture's place, the words, the examples, the balance and the target.

import { clip, titleOf, languageOf } from "./item.js";
import { pictureAddress } from "./api.js";
import { isMixed } from "./view.js";
import { showPicture } from "./frame.js";

const typingPause = 140; // milliseconds; shorter than a pause between words, longer than one between letters
const byId = (id) => document.getElementById(id);

export class Composer {
  #form = byId("composer");
  #words = byId("words");
  #clear = byId("clear");
  #empty = document.querySelector(".well-empty");
  #full = document.querySelector(".well-full");
  #balance = byId("balance");
  #weight = byId("weight");
  #target = byId("target");
  #examples = byId("examples");
  #timer = 0;
  #file; // the uploaded picture last shown
  #address = ""; // of its bytes
  #previewed; // the address in the preview

  /**
   * @param {(change: object, typing?: boolean) => void} change is told which parts of the view changed, and whether the
   *   reader is still typing
   * @param {() => void} descend moves the focus to the results
   */
  constructor(change, descend) {
    const settle = (what) => {
      clearTimeout(this.#timer);
      change(what);
    };
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      settle({ words: this.#words.value });
    });
    this.#words.addEventListener("input", (event) => {
      this.#clear.hidden = this.#words.value === "";
      clearTimeout(this.#timer);
      if (event.isComposing) return; // an input method is still choosing characters
      this.#type(change);
    });
    this.#words.addEventListener("compositionend", () => this.#type(change));
    this.#words.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || event.isComposing) return;
      event.preventDefault();
      descend();
    });
    this.#clear.addEventListener("click", () => {
      settle({ words: "" });
      this.focus();
    });
    byId("remove").addEventListener("click", () => {
      settle({ picture: 0, like: "" });
      byId("file").focus();
    });
    this.#examples.addEventListener("click", ({ target }) => {
      if (target.matches("button")) settle({ words: target.textContent, picture: 0, like: "" });
    });
    this.#weight.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => change({ balance: Number(this.#weight.value) }, true), typingPause);
    });
    this.#target.addEventListener("change", ({ target }) => settle({ target: target.value, words: this.#words.value }));
  }

  focus() {
    this.#words.focus();
    this.#words.select();
  }

  /**
   * Shows a view's query in the form.
   *
   * @param {import("./view.js").View} view
   * @param {{file?: File, item?: object}} picture the uploaded file, or the item in its place once it is known
   */
  show(view, { file, item }) {
    // Blanks at the end are no change: taking them away would disturb the reader who is typing.
    if (this.#words.value.trim() !== view.words.trim()) this.#words.value = view.words;
    this.#clear.hidden = this.#words.value === "";
    this.#target.querySelector(`[value="${view.target}"]`).checked = true;
    this.#weight.value = view.balance;
    this.#balance.hidden = !isMixed(view);
    this.#examples.hidden = isMixed(view);
    for (const chip of this.#examples.children) {
      chip.setAttribute("aria-pressed", String(chip.textContent === view.words && !view.like && !view.picture));
    }
    const [image] = item?.images ?? [];
    if (view.like) this.#preview("Like this", item ? clip(titleOf(item), 80) : view.like, image && pictureAddress(image, "thumb"));
    else if (file) this.#preview("Your picture", file.name, this.#addressOf(file));
    this.#empty.hidden = Boolean(view.like || file);
    this.#full.hidden = !this.#empty.hidden;
    byId("well").classList.toggle("filled", this.#empty.hidden);
  }

  #type(change) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => change({ words: this.#words.value }, true), typingPause);
  }

  #preview(kind, name, address) {
    byId("picture-kind").textContent = kind;
    const place = byId("picture-name");
    place.textContent = name;
    place.lang = languageOf(name);
    if (this.#previewed === address) return;
    this.#previewed = address;
    showPicture(byId("preview"), address && { address, eager: true });
  }

  #addressOf(file) {
    if (this.#file !== file) {
      URL.revokeObjectURL(this.#address);
      this.#address = URL.createObjectURL(file);
      this.#file = file;
    }
    return this.#address;
  }
}
