/**
 * Checkpoints: a log's signed statement of its size and root, as Rekor writes it (a signed note, C2SP signed-note and
 * tlog-checkpoint): version 1 with an ECDSA signature over SHA-256 and the first four bytes of SHA-256(SPKI) as key
 * hint, version 2 also with Ed25519 and the hint that signed-note gives, and with the log's bare name as origin.
 *
 *     rekor.example - 2605736670972794746
 *     75408393
 *     Fnnj13Uu1jdksPc4HZLapKX329dVlD5+MGNsiqBq1XM=
 *
 *     — rekor.example wNI9ajBFAiEA…
 *
 * A log calls `signCheckpoint`, a verifier `verifyCheckpoint`. `parseCheckpoint` also reads notes with other signatures
 * beside the log's. All of them are safe on an enemy's text. Witnesses are not verified here; `noteKeyId` is the id of a log.
 */
export { formatCheckpoint, type Checkpoint } from './checkpoint.ts'
export { noteKeyId } from './key-id.ts'
export { parseCheckpoint, type NoteSignature, type SignedCheckpoint } from './parse.ts'
export { signCheckpoint, type CheckpointSigner } from './sign.ts'
export { isOfRekor1, verifyCheckpoint, type CheckpointTrust } from './verify.ts'
