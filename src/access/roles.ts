/** GitLab's roles of the members of a group or a project. */
export type Role = (typeof ROLES)[number]

export const ROLES = ['guest', 'planner', 'reporter', 'developer', 'maintainer', 'owner'] as const

/** What somebody is to one project: the highest that fits. A role counts in all that is below its group. */
export type Standing = 'anonymous' | 'user' | Role | 'administrator'

/** GitLab's access levels, as its API writes them. */
const ACCESS_LEVELS: Readonly<Record<Standing, number>> = {
  anonymous: 0,
  user: 5,
  guest: 10,
  planner: 15,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50,
  administrator: 60,
}

export function isAtLeast(standing: Standing, least: Standing): boolean {
  return ACCESS_LEVELS[standing] >= ACCESS_LEVELS[least]
}

/** As GitLab's API writes it. */
export function accessLevelOf(role: Role): number {
  return ACCESS_LEVELS[role]
}
