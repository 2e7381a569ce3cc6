/** Texts of a chart. */

export const fixed = (value) => Number(value.toFixed(1))

export function text(x, y, content, type, anchor = 'start') {
  const at = anchor === 'start' ? '' : ` text-anchor="${anchor}"`
  return `<text x="${fixed(x)}" y="${fixed(y)}"${type ? ` class="${type}"` : ''}${at}>${escapeXml(content)}</text>`
}

export function verticalText(x, y, content) {
  return `<text class="small quiet" text-anchor="middle" transform="translate(${x} ${y}) rotate(-90)">${escapeXml(content)}</text>`
}

export function escapeXml(content) {
  return String(content).replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}
