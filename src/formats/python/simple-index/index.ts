/**
 * The simple index of Python packages, in JSON and in HTML: PEP 503, 691, 592, 658, 700, 714, 740 and 792; API version
 * 1.4. Pure.
 *
 * `writePackageJson`, `writePackageHtml`, `writeNamesJson` and `writeNamesHtml` write its pages from one description, in
 * steps. `simplePageFormat` says by a content type which of the two a page is, `readSimplePage` reads it. What is read is
 * the word of who wrote the page: its form is checked, and nothing else; in linear time, with a cap on entries.
 */
export { readSimplePage, simplePageFormat } from './read.ts'
export type { IndexedFile, IndexedProvenance, ReadOptions, SimplePage } from './read-page.ts'
export { writeNamesHtml, writePackageHtml } from './write-html.ts'
export { writeNamesJson, writePackageJson } from './write-json.ts'
export type { FileListing, NameLink, NameListing, PackageListing } from './write.ts'
