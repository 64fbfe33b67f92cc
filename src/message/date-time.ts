const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** RFC 5322 §3.3 `date-time`, with the years and zones of §4.3. */
const DATE_TIME =
  /^(?:[A-Za-z]{3,9} ?,? ?)?(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{2,4}) (\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([+-]\d{4}|[A-Za-z]{1,5}))?(?![\d:])/
/** RFC 5322 §4.3; every other word is as good as -0000. */
const ZONES: Readonly<Record<string, number>> = {
  EDT: -4,
  EST: -5,
  CDT: -5,
  CST: -6,
  MDT: -6,
  MST: -7,
  PDT: -7,
  PST: -8,
}
const LONGEST = 200

/** The moment that a date of a message names, or undefined; what follows it, such as a comment, is not looked at. */
export function dateTime(text: string): Date | undefined {
  const match = DATE_TIME.exec(text.slice(0, LONGEST).trim().replace(/\s+/g, ' '))
  if (match === null) return undefined
  const [, day = '', name = '', year = '', hour = '', minute = '', second = '0', zone = ''] = match
  const month = MONTHS.indexOf(name.toLowerCase())
  const midnight = new Date(0)
  midnight.setUTCFullYear(fullYear(year), month, Number(day))
  // 60 is a leap second
  const clock = Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60
  if (!clock || midnight.getUTCMonth() !== month || midnight.getUTCDate() !== Number(day)) return undefined
  const seconds = (Number(hour) * 60 + Number(minute) - offsetMinutes(zone)) * 60 + Number(second)
  return new Date(midnight.getTime() + seconds * 1000)
}

function fullYear(year: string): number {
  const number = Number(year)
  if (year.length === 4) return number
  return year.length === 3 || number >= 50 ? number + 1900 : number + 2000
}

function offsetMinutes(zone: string): number {
  const match = /^([+-])(\d{2})(\d{2})$/.exec(zone)
  if (match === null) return (ZONES[zone.toUpperCase()] ?? 0) * 60
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -minutes : minutes
}
