// A clip in a frame: those that are animated pictures as pictures, the others in a player, at the second that matters.

import { clipAddress } from "./api.js";
import { showPicture } from "./frame.js";

/**
 * Puts a clip into an element, replacing what was there.
 *
 * @param {HTMLElement} frame
 * @param {{url: string, type: string, width: number, height: number}} clip as the server describes it
 * @param {{at?: number, controls?: boolean, alt?: string}} how the second to show, and whether it can be played
 */
export function showClip(frame, clip, { at = 0, controls = false, alt = "" } = {}) {
  if (clip.type.startsWith("image/")) {
    showPicture(frame, { ...clip, address: clipAddress(clip), alt, eager: controls });
    return;
  }
  frame.classList.remove("broken", "bare");
  const player = document.createElement("video");
  Object.assign(player, { muted: true, playsInline: true, preload: "metadata", controls });
  player.setAttribute("aria-label", alt || "Clip");
  player.addEventListener("error", () => {
    frame.classList.add("broken");
    player.remove();
  });
  player.src = `${clipAddress(clip)}#t=${at}`;
  frame.replaceChildren(player);
}

/** A time in a clip as people write it: 1:05. */
export function formatSecond(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
