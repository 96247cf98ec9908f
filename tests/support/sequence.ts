import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take long beside the others, the longest first. */
const LONG: readonly string[] = []

/** Long files first, so that at the end no worker waits for another; then the largest. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = LONG.findIndex((path) => moduleId.endsWith(`/${path}`))
  return at === -1 ? LONG.length : at
}
