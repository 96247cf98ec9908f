/**
 * Checkpoints: a log's signed statement of its size and root, as Rekor v1 writes it (a signed note, C2SP signed-note and
 * tlog-checkpoint, with an ECDSA signature over SHA-256 and the first four bytes of SHA-256(SPKI) as key hint).
 *
 *     rekor.example - 2605736670972794746
 *     75408393
 *     Fnnj13Uu1jdksPc4HZLapKX329dVlD5+MGNsiqBq1XM=
 *
 *     — rekor.example wNI9ajBFAiEA…
 *
 * A log calls `signCheckpoint`, a verifier `verifyCheckpoint`. `parseCheckpoint` also reads notes with other signatures
 * beside the log's. All of them are safe on an enemy's text. Ed25519 and witnesses are not verified here.
 */
export { formatCheckpoint, type Checkpoint } from './checkpoint.ts'
export { parseCheckpoint, type NoteSignature, type SignedCheckpoint } from './parse.ts'
export { signCheckpoint, type CheckpointSigner } from './sign.ts'
export { verifyCheckpoint, type CheckpointTrust } from './verify.ts'
