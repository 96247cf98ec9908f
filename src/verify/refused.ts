/** For tests only: what a test says of a verdict. */
import { expect } from 'vitest'
import { CHECK_NAMES, verifySeal, type Check, type CheckName, type VerifyRequest } from './index.ts'

export function outcomes(request: VerifyRequest): Record<string, string> {
  return Object.fromEntries(verifySeal(request).checks.map(({ name, outcome }) => [name, outcome]))
}

export function check(request: VerifyRequest, name: CheckName): Check | undefined {
  return verifySeal(request).checks.find((one) => one.name === name)
}

/** Refused for this reason, while every other check has passed. */
export function refusedOnly(request: VerifyRequest, name: CheckName): void {
  refused(request, name)
  const open = verifySeal(request).checks.filter(({ outcome }) => outcome !== 'passed')
  expect(open.map((one) => one.name)).toEqual([name])
}

/** Refused for this reason, whatever else is wrong with it. */
export function refused(request: VerifyRequest, name: CheckName): void {
  const verdict = verifySeal(request)
  expect(verdict).toMatchObject({ verified: false, reason: `verify.${name}` })
  expect(verdict.checks.map((one) => one.name)).toEqual(CHECK_NAMES)
}
