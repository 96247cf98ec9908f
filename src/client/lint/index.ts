/**
 * `wheelseal lint`, without its flags and its words: `lintHere` reads a folder and says what it finds, `plannedFixes`
 * what its fixes would change, `writeFixes` makes them. An entry of its own: it has to be quick, and loads no server.
 */
export { plannedFixes, writeFixes, type FixedFile } from './fix-files.ts'
export { lintHere } from './lint-here.ts'
