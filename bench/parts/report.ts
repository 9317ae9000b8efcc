// What a benchmark hands back: tables and remarks. It prints them for people and, as its last line, as JSON for run.ts.

/** A row of a table: column to value. */
export type Row = Readonly<Record<string, string | number>>
/** A table with its caption. */
type Table = { readonly caption: string; readonly rows: readonly Row[] }
/** All of a benchmark's outcome. Remarks are sentences that a reader of the figures needs. */
export type Report = { readonly tables: readonly Table[]; readonly remarks: readonly string[] }

/** Prints the report, and its JSON as the last line. */
export function printReport(report: Report): void {
  for (const { caption, rows } of report.tables) {
    console.log(`\n${caption}\n${formatTable(rows)}`)
  }
  for (const remark of report.remarks) console.log(`\n${remark}`)
  console.log(`\n${JSON.stringify(report)}`)
}

/** The rows as a Markdown table, its columns aligned. */
export function formatTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))]
  const widths = columns.map((_, at) => Math.max(3, ...lines.map((line) => line[at]?.length ?? 0)))
  const format = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const rule = format(widths.map((width) => '-'.repeat(width)))
  return [format(lines[0] ?? []), rule, ...lines.slice(1).map(format)].join('\n')
}

/** A number with three digits that count, without an exponent. */
export function short(value: number): number {
  if (!Number.isFinite(value)) return value
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
