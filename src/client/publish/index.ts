/**
 * What `wheelseal publish` does on its user's machine: `targetOf` finds out where to and with which token,
 * `publishFiles` reads the files, logs in and publishes them.
 */
export { publishFiles, type PublishIo } from './publish-files.ts'
export { targetOf, type Target, type TargetFlags } from './target.ts'
