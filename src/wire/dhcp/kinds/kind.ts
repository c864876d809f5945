/** How the value of one sort of option is written in bytes. `decode` throws MalformedPacket. */
export interface Kind<Value> {
  decode(bytes: Buffer): Value;
  encode(value: Value): Buffer;
}
