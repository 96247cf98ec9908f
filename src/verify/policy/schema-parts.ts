/** What the schemas of a policy file are made of. */
import * as v from 'valibot'

const MAX_TEXT_LENGTH = 1024

export const text = v.pipe(
  v.string('must be a string in quotes'),
  v.nonEmpty('must not be empty'),
  v.maxLength(MAX_TEXT_LENGTH, 'is too long'),
)

export function pattern(form: RegExp, words: string) {
  return v.pipe(text, v.regex(form, words))
}

export function listOf<T extends v.GenericSchema>(item: T, what: string, most: number) {
  return v.pipe(
    v.array(item, `must be a list of ${what}`),
    v.minLength(1, 'must not be empty'),
    v.maxLength(most, `has more than ${most} items`),
  )
}

export function oneOfWords<const T extends readonly string[]>(words: T) {
  return v.picklist(words, `must be one of ${words.map((one) => `"${one}"`).join(', ')}`)
}

/** A switch that is off where it is left out. */
export const onlyTrue = v.literal(true, 'must be true, or not be set')
