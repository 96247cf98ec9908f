/**
 * What one process keeps in plain files: blobs by digest (`openFolderBlobs`, the port Blobs of `base/`) and the logs of
 * jobs (`createFolderTraces`), the segments, bundles and tiles of a log (`createLogFiles`) and the heads that logs have shown
 * (`openAnchorFile`), and files that may be gone at any time (`createFileCache`). Nothing is acknowledged before it is
 * durable. The caller sees to it that no other process uses the folder.
 */
export { openAnchorFile, type AnchorFile } from './anchor.ts'
export { blobDamage, openFolderBlobs, readFolderBlobs, removeBlobs, type RemovedBlobs } from './blobs.ts'
export { createFileCache, type FileCacheOptions } from './file-cache.ts'
export { createLogFiles } from './log-files.ts'
export { createReserve, withReserve, type Reserve } from './reserve.ts'
export { createFolderTraces, traceFile } from './traces.ts'
export { createFolderTufRepository } from './tuf-repository.ts'
