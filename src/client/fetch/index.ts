/**
 * `wheelseal fetch`, without its flags and its words: every file of a release comes from an index that is not trusted,
 * and is left in a folder only when it is verified.
 *
 * Call `placeOf` and `loginFor` for where and how to ask, then `fetchFiles`, or `judgeFiles` which leaves nothing. A file is downloaded into a private folder
 * while it is verified by what `client/verify` verifies files with, in the same pass: what was judged are the bytes that
 * are then moved to their place. No file is unpacked, and none of its code runs. An entry of its own beside that of
 * `client/`: a server is not loaded. Not here: what a verdict is (`verify/`), and pip (`client/install`).
 */
export { fetchFiles, judgeFiles } from './fetch-files.ts'
export type { FetchedFile, FetchReport } from './report.ts'
export type { FetchIo } from './io.ts'
export { loginFor, type LoginFlags, type LoginSources } from './login.ts'
export { placeOf, type PlaceFlags } from './place.ts'
export type { FetchPlan, Login, Place } from './plan.ts'
