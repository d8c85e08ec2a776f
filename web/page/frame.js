// A picture in a white frame: never blown up beyond twice its pixels, and a quiet sign when it cannot be shown.

const blowUp = 2;

/**
 * Puts a picture into an element, replacing what was there.
 *
 * @param {HTMLElement} frame
 * @param {{address: string, width?: number, height?: number, alt?: string, eager?: boolean}|null} picture null for none
 */
export function showPicture(frame, picture) {
  frame.classList.remove("broken", "bare");
  if (!picture) {
    frame.classList.add("bare");
    frame.replaceChildren();
    return;
  }
  const image = new Image();
  image.alt = picture.alt ?? "";
  image.decoding = "async";
  image.loading = picture.eager ? "eager" : "lazy";
  image.draggable = false;
  const limit = (width, height) => {
    image.style.maxWidth = `min(100%, ${width * blowUp}px)`;
    image.style.maxHeight = `min(100%, ${height * blowUp}px)`;
    frame.style.setProperty("--picture-height", `${height * blowUp}px`);
  };
  if (picture.width > 0 && picture.height > 0) limit(picture.width, picture.height);
  else image.addEventListener("load", () => limit(image.naturalWidth, image.naturalHeight));
  image.addEventListener("error", () => {
    frame.classList.add("broken");
    image.remove();
  });
  image.src = picture.address;
  frame.replaceChildren(image);
}
