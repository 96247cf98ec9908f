/** Changes to the structure of DER, with the lengths around it set right again: what bit flips hardly ever reach. */
import type { Random } from './mutate.ts'

interface Node {
  readonly tag: number
  readonly parts: readonly Node[] | Uint8Array
  /** Spelt with more octets than needed. */
  readonly isPadded?: boolean
}

const CONSTRUCTED = 0x20
const TAGS = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x17, 0x18, 0x30, 0x31, 0xa0, 0xa3, 0x80, 0x86]

/** The bytes themselves where they are no DER. */
export function changeStructure(bytes: Uint8Array, random: Random): Uint8Array {
  const nodes = decode(bytes)
  return nodes === undefined ? bytes : encode(changeOne(nodes, random))
}

function decode(bytes: Uint8Array): readonly Node[] | undefined {
  const nodes: Node[] = []
  for (let offset = 0; offset < bytes.length;) {
    const tag = bytes[offset]!
    const first = bytes[offset + 1] ?? 0xff
    const octets = first < 0x80 ? 0 : first - 0x80
    const start = offset + 2 + octets
    if (octets > 3 || start > bytes.length) return undefined
    const length = octets === 0 ? first : Buffer.from(bytes).readUIntBE(offset + 2, octets)
    if (start + length > bytes.length) return undefined
    const content = bytes.subarray(start, start + length)
    nodes.push({ tag, parts: ((tag & CONSTRUCTED) === 0 ? undefined : decode(content)) ?? content })
    offset = start + length
  }
  return nodes
}

function encode(nodes: readonly Node[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(nodes.map(encodeOne)))
}

function encodeOne({ tag, parts, isPadded = false }: Node): Uint8Array {
  const content = parts instanceof Uint8Array ? parts : encode(parts)
  const width =
    (content.length < 128 ? 0 : content.length < 256 ? 1 : content.length < 65_536 ? 2 : 3) +
    (isPadded ? 1 : 0)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const octets = width === 0 ? [content.length] : [0x80 | width, ...length.subarray(4 - Math.min(width, 4))]
  return Buffer.concat([Buffer.from([tag, ...octets]), content])
}

function changeOne(nodes: readonly Node[], random: Random): readonly Node[] {
  const index = random.below(nodes.length)
  const node = nodes[index]
  if (node === undefined) return nodes
  const isInside = !(node.parts instanceof Uint8Array) && node.parts.length > 0 && random.below(4) !== 0
  const changed = isInside ? [{ ...node, parts: changeOne(node.parts, random) }] : replace(node, random)
  return [...nodes.slice(0, index), ...changed, ...nodes.slice(index + 1)]
}

function replace(node: Node, random: Random): readonly Node[] {
  const bytes = node.parts instanceof Uint8Array ? node.parts : undefined
  const choices: readonly (() => readonly Node[])[] = [
    () => [],
    () => [node, node],
    () => [{ ...node, isPadded: true }],
    () => [{ ...node, tag: random.oneOf(TAGS) }],
    () => [{ tag: random.oneOf(TAGS), parts: [node] }],
    () => [{ tag: 0x01, parts: Uint8Array.from([0]) }, node],
    () => [node, { tag: 0x05, parts: new Uint8Array() }],
    () => [{ ...node, parts: new Uint8Array() }],
    () => [
      { ...node, parts: bytes === undefined ? node.parts.toReversed() : Uint8Array.from([0, ...bytes]) },
    ],
    () => [{ ...node, parts: bytes === undefined ? node.parts : bytes.subarray(1) }],
    () => [{ ...node, parts: bytes === undefined ? node.parts : random.bytes(bytes.length) }],
  ]
  return random.oneOf(choices)()
}
