/**
 * `wheelseal why`, without its flags and its words: what a gate that runs says of a release, a file or a refusal.
 *
 * Call `askWhy`. The gate is the one that is named, else the one that pip or uv are aimed at. What it answers is checked
 * member by member; a gate that is down, or that answers anything else, is an error and never an absence.
 */
export { askWhy, type AskedFile, type Why, type WhyIo } from './why.ts'
