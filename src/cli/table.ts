/** A column of {@link formatTable}. */
export interface Column {
  readonly title: string
  /** Numbers read best from the right. @default 'left' */
  readonly align?: 'left' | 'right'
}

/** Plain text table: a line of titles, a rule, a line for each row. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => pad(cells[index] ?? '', widths[index] ?? 0, align))
      .join('  ')
      .trimEnd()
  const titles = columns.map(({ title }) => title)
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [line(titles), rule, ...rows.map(line)].join('\n')
}

function pad(text: string, width: number, align: Column['align']): string {
  return align === 'right' ? text.padStart(width) : text.padEnd(width)
}
