/**
 * The real machine behind the ports of `base/`: clock, entropy, processes, files, log, user folders.
 * Only `server/`, `client/`, `cli/` and tests hand these in; every other room takes the port.
 */
export { systemClock } from './clock.ts'
export { steadyMs } from './steady.ts'
export { systemEntropy } from './entropy.ts'
export { createCommandInput, type CommandInput } from './command-input.ts'
export { systemFiles } from './files.ts'
export { makeFolder, replaceFile, syncFolder, syncMade, withFile, writeSynced } from './durable.ts'
export { openStaging, type Staging } from './staging.ts'
export { systemSpawn } from './spawn.ts'
export { jsonLog, silentLog } from './log.ts'
export { maxDescriptors } from './descriptors.ts'
export { keepInspectorShut } from './signals.ts'
export { readKeyFile, writeKeyFile } from './key-files.ts'
export { userFolders, type UserFolders } from './folders.ts'
export { foldersAbove } from './folders-above.ts'
export { packageRoot } from './package-root.ts'
export { hideArguments } from './process-title.ts'
export { runtimeName, startedAs, thisProgram } from './this-program.ts'
export { shippedFile, type ShippedFile } from './shipped-files.ts'
export { withSource } from './file-source.ts'
export { silenceSqliteWarning } from './warnings.ts'
