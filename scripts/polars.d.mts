/** Folder of an installed nodejs-polars, for `require`; `false` after saying why there is none. */
export declare function polars(): string | false
