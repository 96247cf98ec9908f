import { WheelsealError } from '../../../base/index.ts'
import { distributionErrors, type DistributionCode } from './errors.ts'

/** More help nobody, and an enemy's archive has as many as it likes. */
const MAX_FINDINGS = 100

/** Everything that is wrong with one archive, in the order in which it was found. */
export class Findings {
  readonly #all: WheelsealError[] = []

  get all(): readonly WheelsealError[] {
    return this.#all
  }

  add(code: DistributionCode, fact: string): void {
    this.addError(distributionErrors(code, fact))
  }

  addError(error: WheelsealError): void {
    if (this.#all.length < MAX_FINDINGS) this.#all.push(error)
  }

  /** Runs a part of the check. What it throws of a distribution is one more finding, and its result is undefined. */
  async within<Result>(work: () => Promise<Result> | Result): Promise<Result | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof WheelsealError) || !/^(?:distribution|python)\./.test(error.code)) throw error
      this.addError(error)
      return undefined
    }
  }
}

/** What an enemy wrote, short and on one line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text)
}
