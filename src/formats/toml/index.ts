/**
 * TOML files that people write: read into a typed value, every key known or refused, every complaint with its line.
 *
 * Call `parseToml` with a valibot schema; `lineOf` finds the line of a value. Over smol-toml, which tells no positions
 * of what it accepts. Not here: what the keys mean.
 */
export { lineOf } from './line-of.ts'
export { parseToml, type TomlComplaint, type TomlResult } from './parse.ts'
