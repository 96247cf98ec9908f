/**
 * The certificate transparency log behind the authority (RFC 6962): a precertificate is in the tree, durably, before its
 * SCT exists. `createCtLog` over a log that was opened with `ctKeysOf` and begun with `ctGenesis`, then
 * `addPrecertificate` and `signedTreeHead`. `http/ct.ts` has the routes.
 */
export {
  createCtLog,
  ctGenesis,
  ctKeysOf,
  treeHeadSignedBytes,
  type CtLog,
  type CtSubmission,
  type SignedTreeHead,
} from './ct-log.ts'
