/**
 * What a command line begins with so that the rights of files hold for it. The superuser may write everywhere; without that capability
 * it is bound by the rights of files as everyone is. Empty for everyone else.
 */
export function boundByRights(): readonly string[] {
  if (process.getuid?.() !== 0) return []
  return ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] // util-linux; part of every Debian
}
