import { printable } from '../base/index.ts'
import type { Variable } from '../ciconfig/index.ts'

export interface PushOptions {
  readonly skipsPipelines: boolean
  readonly variables: readonly Variable[]
}

const KEY = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/

/** GitLab's push options, as far as pipelines know them; of each that is not, a sentence. */
export function readPushOptions(
  options: readonly string[],
): PushOptions & { readonly sentences: readonly string[] } {
  const variables: Variable[] = []
  const sentences: string[] = []
  let skipsPipelines = false
  for (const option of options) {
    const variable = variableOf(option)
    if (option === 'ci.skip') skipsPipelines = true
    else if (variable !== undefined) variables.push(variable)
    else sentences.push(`The push option ${printable(option, { maxLength: 100 })} is not known here.`)
  }
  return { skipsPipelines, variables, sentences }
}

/** `ci.variable=KEY=VALUE`; GitLab's own pages write the pair in quotes, which the shell takes off. */
function variableOf(option: string): Variable | undefined {
  const [, key = '', value = ''] = /^ci\.variable=([^=]*)=(.*)$/s.exec(option) ?? []
  return KEY.test(key) ? { key, value } : undefined
}
