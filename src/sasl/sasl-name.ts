/** `saslname` of RFC 5801 §4: comma and equals sign are escaped. */
export function saslName(text: string): string {
  return text.replaceAll('=', '=3D').replaceAll(',', '=2C')
}
