/**
 * The certificate transparency log behind the authority (RFC 6962): a precertificate is in the tree, durably, before its
 * SCT exists. `createCtLog` over an open log, then `addPrecertificate` and `signedTreeHead`. Its HTTP routes come later.
 */
export { createCtLog, CT_GENESIS, treeHeadSignedBytes, type CtLog, type SignedTreeHead } from './ct-log.ts'
