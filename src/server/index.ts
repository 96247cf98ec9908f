/**
 * Builds the server: configuration and data directory become keys, adapters, services and routes.
 *
 * `startServer` is `wheelseal up`; `withAdmin` is every command that changes an instance, over the socket of its server or
 * in this process. Nothing below this room knows where anything is kept.
 */
export { startRehearsalServer, startServer, type RunningServer, type ServerOptions } from './server.ts'
export { DEFAULT_LISTEN, isLoopback, parseServerUrl } from './listen/listen-address.ts'
export { tlsPaths, type TlsPaths } from './listen/tls.ts'
export { checkLogs, hasServer, withAdmin } from './admin/admin.ts'
export { makeBackup } from './backup/backup.ts'
export { restoreBackup } from './backup/restore.ts'
export { removeOrphans } from './data/repair-files.ts'
export { checkFiles, type FileCheck } from './data/check-files.ts'
export type { PublisherInput, PublisherLine } from './admin/publisher-client.ts'
export type { TokenInput, TokenLine, UserLine } from './admin/people-client.ts'
export type { Admin, AuditLine, PipelineSummary, ProjectRule, ProjectSummary } from './admin/admin-client.ts'
export type { IssuerKeyState, LogReport } from '../http/index.ts'
export { ROOT_KEYS } from './keys/keys.ts'
export { moveKeysOffline, rootKeysIn } from './keys/offline-keys.ts'
export { serverErrors } from './errors.ts'
export { gatesOfFile, gatesOfFlags, type UpstreamFlags } from './gate/flags.ts'
export type { GateConfiguration } from './gate/configuration.ts'
export { gateAdmin, type GateAdmin } from './gate/gate-admin.ts'
export { startGateServer, type RunningGateServer } from './gate/gate-server.ts'
