/**
 * What one process keeps in plain files: blobs by digest (`openFolderBlobs`, the port Blobs of `base/`) and the logs of
 * jobs (`createFolderTraces`). Nothing is acknowledged before it is durable. The caller sees to it that no other process
 * uses the folder.
 */
export { openFolderBlobs } from './blobs.ts'
export { createFolderTraces, traceFile } from './traces.ts'
export { createFolderRootRepository } from './root-repository.ts'
export { makeFolder, syncFolder } from './sync.ts'
