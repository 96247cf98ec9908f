/** How a text of the certificate is compared. Only `matching` makes a pattern, so that none comes about by accident. */
export type TextRule =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'pattern'; readonly source: string; readonly pattern: RegExp }

/** Both texts must hold: a name means nothing without the issuer that gave it. */
export interface IdentityRule {
  readonly san: TextRule
  readonly issuer: TextRule
}

export interface Policy {
  /** One of them must hold. None at all refuses everything. */
  readonly anyOf: readonly IdentityRule[]
}

/** Byte for byte: no prefix, no case folding, no trailing slash. */
export function exactly(value: string): TextRule {
  return { kind: 'exact', value }
}

/**
 * A pattern over the whole text. cosign's `-regexp` flags search anywhere in it, so that `gitlab.com/acme` also lets
 * `gitlab.com/acme-evil` in; who wants that writes `.*` at the ends, and sees it. Throws SyntaxError.
 */
export function matching(source: string): TextRule {
  // Alone first: `a)|(?:b` is a pattern only between the anchors, and undoes them.
  void new RegExp(source, 'u')
  return { kind: 'pattern', source, pattern: new RegExp(`^(?:${source})$`, 'u') }
}

export function holds(rule: TextRule, text: string): boolean {
  return rule.kind === 'exact' ? rule.value === text : rule.pattern.test(text)
}

export function describeRule(rule: TextRule): string {
  return rule.kind === 'exact' ? rule.value : `/${rule.source}/`
}
