const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

/**
 * Python's `strftime` for a date without a time, as far as chat templates use it: `%Y %y %m %d %-d %b %B %%`, and the
 * time of day as midnight. Other directives stay as they are. Throws when the date (YYYY-MM-DD) is not known.
 */
export function formatDate(date: string | undefined, format: string): string {
  if (date === undefined) throw new Error('the date is not known')
  const [year = '', month = '', day = ''] = date.split('-')
  const name = months[Number(month) - 1] ?? ''
  const parts = new Map([
    ['%Y', year],
    ['%y', year.slice(-2)],
    ['%m', month],
    ['%d', day],
    ['%-d', String(Number(day))],
    ['%b', name.slice(0, 3)],
    ['%B', name],
    ['%H', '00'],
    ['%M', '00'],
    ['%S', '00'],
    ['%%', '%'],
  ])
  return format.replaceAll(/%-?[A-Za-z%]/g, (directive) => parts.get(directive) ?? directive)
}
