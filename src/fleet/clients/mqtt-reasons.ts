/**
 * @module
 * What brokers say, as short reasons: return codes of MQTT 3.1.1 (table 3.1) and reason codes of MQTT 5 (2.4).
 */

const REFUSALS: Readonly<Record<number, string>> = {
  1: 'unsupported-version',
  2: 'client-id-refused',
  3: 'server-unavailable',
  4: 'not-authorized',
  5: 'not-authorized',
  128: 'mqtt-0x80',
  132: 'unsupported-version',
  133: 'client-id-refused',
  134: 'not-authorized',
  135: 'not-authorized',
  136: 'server-unavailable',
};

/** Of a connection that was refused. */
export const refusalOf = (code: number): string => REFUSALS[code] ?? reasonOf(code);

/** Of anything else. */
export const reasonOf = (code: number): string => `mqtt-0x${code.toString(16).padStart(2, '0')}`;

/** A subscription that was not granted: in MQTT 3.1.1 there is one code for all reasons, which nearly always is that it is not allowed. */
export const subscriptionRefusalOf = (code: number): string =>
  code === 0x80 || code === 0x87 ? 'not-authorized' : reasonOf(code);
