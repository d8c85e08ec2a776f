// How an item is put into words. Everything here returns plain text: titles are other people's input and must only ever
// reach the page as textContent.

const han = /\p{Script=Han}/u;
const tileLength = 240; // characters; more than two lines hold, far less than a title may have

/** Whether a text is written, at least in part, in Chinese characters. */
export const isChinese = (text) => han.test(text);

/** The value for a lang attribute, so that the browser picks the right glyphs; "" to inherit. */
export const languageOf = (text) => (isChinese(text) ? "zh" : "");

/**
 * The text that names an item: its title in the language of the reader, else any title, any text, its id.
 *
 * @param {{id: string, texts?: Record<string, string>}} item
 * @param {boolean} chinese whether the reader uses Chinese
 */
export function titleOf(item, chinese = false) {
  const texts = item.texts ?? {};
  const fields = chinese ? ["title_zh", "title"] : ["title", "title_en"];
  for (const field of [...fields, ...Object.keys(texts).sort()]) {
    if (texts[field]?.trim()) return texts[field];
  }
  return item.id;
}

/** The text of an item that a hit matched, or "" when it matched a picture. The server numbers texts by field name. */
export function matchedText(hit) {
  if (hit.matched?.modality !== "text") return "";
  const texts = hit.item?.texts ?? {};
  return texts[Object.keys(texts).sort()[hit.matched.entry]] ?? "";
}

/** Cuts a text to what a tile can show, without splitting a character. */
export function clip(text, length = tileLength) {
  if (text.length <= length) return text;
  const cut = [...text.slice(0, length + 1)].slice(0, -1).join("");
  return `${cut.trimEnd()}…`;
}

/** A cosine with three decimals and a true minus sign. */
export const formatScore = (score) => score.toFixed(3).replace("-", "−");

/** An attribute's value as text. */
export function formatValue(value) {
  if (Array.isArray(value)) return value.map(formatValue).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value === null || value === undefined ? "" : String(value);
}

export const formatCount = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** A field's or an attribute's name for people: "title_zh" → "title zh". */
export const formatName = (name) => name.replaceAll("_", " ");

/**
 * The length of each hit's bar, in [0, 1]: its cosine as a share of the best of the same modality, because cosines of
 * pictures and of texts do not compare.
 */
export function barLengths(hits) {
  const best = {};
  for (const { matched, score } of hits) {
    const kind = matched?.modality ?? "";
    best[kind] = Math.max(best[kind] ?? 0, score);
  }
  return hits.map(({ matched, score }) => Math.max(0, score) / (best[matched?.modality ?? ""] || 1));
}
