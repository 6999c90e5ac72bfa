package io.github.gensr

/**
 * Filters are texts: `brand = Acme AND price < 100 AND NOT categories IN [tent, "Tarps & Co"]`. Conditions are `=`, `!=`,
 * `<`, `<=`, `>`, `>=`, `low TO high`, `IN [...]` and `EXISTS`, joined by `AND`, `OR`, `NOT` and parentheses.
 */
public object Filter {

    /**
     * A text as a value inside quotes. Whatever was typed stays one value: use it for all that is not written by you.
     *
     * @throws GensrException.InvalidArgument where [text] has half of a surrogate pair.
     * @sample io.github.gensr.samples.quote
     */
    @JvmStatic
    public fun quote(text: String): String = quotedInFilter(text)
}
