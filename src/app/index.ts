/**
 * The only place that builds things: a data directory becomes keys, adapters, services and a server.
 *
 * `startServer` is `wheelseal up`; `withAdmin` is every command that changes an instance, over the socket of its server or
 * in this process; `runProject` is `wheelseal run`. Nothing below this room knows where anything is kept.
 */
export { startServer, type RunningServer, type ServerOptions } from './server.ts'
export { DEFAULT_LISTEN } from './listen-address.ts'
export { tlsPaths, type TlsPaths } from './tls.ts'
export { checkLogs, withAdmin } from './admin.ts'
export { checkFiles, type FileCheck } from './check-files.ts'
export type { Admin, AuditLine, PipelineSummary, ProjectSummary } from './admin-client.ts'
export type { IssuerKeyState, LogReport } from '../http/index.ts'
export { exportTrust } from './trust-files.ts'
export { moveKeysOffline } from './offline-keys.ts'
export { readTrust, type TrustSource } from './trust-source.ts'
export type { TrustReport } from './trust-report.ts'
export { checkRequirements } from './run/requirements.ts'
export { runHere, type RunHereOptions, type RunReport } from './run/run-here.ts'
export type { ReleasedFile } from './run/release-report.ts'
export type { Program } from './run/launcher.ts'
