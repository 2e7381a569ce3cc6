import type { WriteStream } from 'node:tty'

/** Puts `text` in a style, or returns it as it is. */
type Style = (text: string) => string

/** The few styles the command uses. */
export interface Paint {
  readonly bold: Style
  readonly dim: Style
  readonly green: Style
  readonly cyan: Style
}

const plain: Style = (text) => text
const csi = '\u001b['
const style =
  (on: number, off: number): Style =>
  (text) =>
    `${csi}${on}m${text}${csi}${off}m`

/** Styles for a stream: none when it is no terminal or when the user wants none (no-color.org). */
export function paintFor(stream: Pick<WriteStream, 'isTTY'>): Paint {
  if (!wantsColour(stream)) return { bold: plain, dim: plain, green: plain, cyan: plain }
  return { bold: style(1, 22), dim: style(2, 22), green: style(32, 39), cyan: style(36, 39) }
}

function wantsColour(stream: Pick<WriteStream, 'isTTY'>): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0'
  return stream.isTTY === true && TERM !== 'dumb'
}
