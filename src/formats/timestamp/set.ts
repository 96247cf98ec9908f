import { derElement } from '../der/index.ts'

/** SET OF in the order of X.690 §11.6, under any tag. */
export function sortedSet(tag: number, elements: readonly Uint8Array[]): Uint8Array {
  return derElement(tag, ...elements.toSorted((a, b) => Buffer.compare(a, b)))
}

/** Whether the encodings are in order, and none stands twice. */
export function isSorted(elements: readonly Uint8Array[]): boolean {
  return elements.every((element, index) => {
    const before = elements[index - 1]
    return before === undefined || Buffer.compare(before, element) < 0
  })
}
