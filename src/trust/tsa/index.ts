/**
 * The timestamp authority (RFC 3161): says that a digest was shown to it at a time of its own clock.
 *
 * `createTimestampAuthority` once per instance; `createTsa` at every start, then `timestamp` or `answer`. It
 * keeps nothing: serial numbers are 160 random bits. The time is as good as the clock of the machine, to one second;
 * nobody else vouches for it. Its root's key is needed again only for another signing certificate.
 */
export { createTimestampAuthority } from './create.ts'
export { tsaErrors } from './errors.ts'
export { createTsa, type TimestampAuthority, type TimestampAuthorityParts } from './authority.ts'
