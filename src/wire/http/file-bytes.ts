/** How much is to come of a file whose length nobody knows to the byte. */

/** Bytes of the files in an archive, which is a little longer; an engine says so, and whoever shows progress reads it. */
export const fileBytesHeader = 'x-od-file-bytes'
