/**
 * The simple index of Python packages (PEP 503, 691 and what came after), API version 1.4: its pages, written as JSON and
 * as HTML from one description.
 */
export { writeNamesHtml, writePackageHtml } from './write-html.ts'
export { writeNamesJson, writePackageJson } from './write-json.ts'
export type { FileListing, NameLink, NameListing, PackageListing } from './write.ts'
