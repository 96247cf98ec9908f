/**
 * TOML files that people write: read into a typed value, every key known or refused, every complaint with its line.
 *
 * Call `parseToml` with a valibot schema. Over smol-toml, which tells no positions
 * of what it accepts; `lineOf` tells the line of a value that is wrong for a reason that no schema knows, in a short
 * file. `tableHeaders` finds the tables of a long one, `countTables` tells how many there can be before it is parsed.
 * Not here: what the keys mean.
 */
export { parseToml, type TomlComplaint, type TomlResult } from './parse.ts'
export { lineOf } from './line-of.ts'
export { countTables, tableHeaders, type TableHeader } from './table-headers.ts'
export { TomlDate } from 'smol-toml'
