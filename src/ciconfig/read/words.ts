import { choice, type Reader } from './fields.ts'

/** How a job must have ended. */
export type Outcome = 'on_success' | 'on_failure' | 'always'
export const outcome: Reader<Outcome> = choice('on_success', 'on_failure', 'always')

export type When = Outcome | 'manual' | 'delayed'
export const jobWhen: Reader<When> = choice('on_success', 'on_failure', 'always', 'manual', 'delayed')

export type RuleWhen = When | 'never'
export const ruleWhen: Reader<RuleWhen> = choice(
  'on_success',
  'on_failure',
  'always',
  'never',
  'manual',
  'delayed',
)
