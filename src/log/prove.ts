import {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '../formats/merkle/index.ts'
import { logErrors } from './errors.ts'
import { nodeReader, rootAt, type LogState } from './state.ts'

/** A proof that leads to the root: one made of a damaged tile would look to its reader like a fork. Throws `log.corrupt`. */
export async function provenInclusion(
  state: LogState,
  { index, size }: { readonly index: number; readonly size: number },
): Promise<readonly Uint8Array[]> {
  const [read, root] = [nodeReader(state), await rootAt(state, size)]
  const proof = await inclusionProof(read, { index, size })
  if (verifyInclusion({ leafHash: await read(0, index), index, size, proof, root })) return proof
  throw damaged(`the inclusion proof of entry ${index} does not give the root of ${size} entries`)
}

/** The same between two sizes. Throws `log.corrupt`. */
export async function provenConsistency(
  state: LogState,
  { first, second }: { readonly first: number; readonly second: number },
): Promise<readonly Uint8Array[]> {
  const proof = await consistencyProof(nodeReader(state), { first, second })
  const [firstRoot, secondRoot] = [await rootAt(state, first), await rootAt(state, second)]
  if (verifyConsistency({ first, second, firstRoot, secondRoot, proof })) return proof
  throw damaged(`the consistency proof from ${first} to ${second} entries does not give their roots`)
}

function damaged(fact: string): Error {
  return logErrors('log.corrupt', `${fact}: a tile is damaged`)
}
