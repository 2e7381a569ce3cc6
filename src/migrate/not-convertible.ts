/** Why an entry of the source cannot be had in holdfast. Never leaves the importer: it becomes a line of the report. */
export class NotConvertible extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'NotConvertible'
  }
}

/** `text` that a stranger wrote, short and printable enough for a reason. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
}
