// Taking a picture from the reader: chosen, dropped anywhere on the page, or pasted.

/** The data type under which a dragged tile carries its item's id. */
export const itemType = "application/x-pinax-item";

/**
 * Keeps the pictures that were searched with, so that back and forward find them again. A reload forgets them: files
 * cannot stand in an address.
 */
export class PictureShelf {
  #files = [];

  /** Keeps a file and returns its number, from 1. */
  add(file) {
    return this.#files.push(file);
  }

  /** Returns the file of a number, or undefined. */
  get(number) {
    return this.#files[number - 1];
  }
}

/**
 * Listens for pictures.
 *
 * @param {object} on
 * @param {HTMLInputElement} on.input the file chooser
 * @param {HTMLElement} on.veil shown while something that can be dropped is over the page
 * @param {(file: File) => void} on.picture
 * @param {(id: string) => void} on.item a tile was dropped
 * @param {(message: string) => void} on.refuse
 */
export function listenForPictures({ input, veil, picture, item, refuse }) {
  const take = (files) => {
    const found = [...files].find((file) => file.type.startsWith("image/") || file.type === "");
    if (found) picture(found);
    else if (files.length > 0) refuse(`“${files[0].name}” is not a picture.`);
  };

  input.addEventListener("change", () => {
    take(input.files);
    input.value = ""; // so that the same file can be chosen again
  });

  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });

  let depth = 0; // dragenter and dragleave come for every element crossed
  const lower = () => {
    depth = 0;
    veil.hidden = true;
  };
  const carries = (event) => ["Files", "text/uri-list", itemType].some((type) => event.dataTransfer.types.includes(type));
  document.addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth++;
    veil.hidden = false;
  });
  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("dragleave", (event) => {
    if (carries(event) && --depth <= 0) lower();
  });
  document.addEventListener("dragend", lower);
  document.addEventListener("drop", (event) => {
    lower();
    if (!carries(event)) return;
    event.preventDefault();
    const id = event.dataTransfer.getData(itemType);
    if (id) item(id);
    else if (event.dataTransfer.files.length > 0) take(event.dataTransfer.files);
    else refuse("That picture belongs to another page. Copy the picture itself and paste it here.");
  });
}
