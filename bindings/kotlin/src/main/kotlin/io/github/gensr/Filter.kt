package io.github.gensr

/**
 * Filters are expressions: `brand = Acme AND price < 100 AND NOT categories IN [tent, "Tarps & Co"]`. Conditions are `=`, `!=`,
 * `<`, `<=`, `>`, `>=`, `low TO high`, `IN [...]` and `EXISTS`, joined by `AND`, `OR`, `NOT` and parentheses.
 */
public object Filter {

    /**
     * Quotes a text as one value, whatever it contains. Use it for all text from elsewhere, such as user input.
     *
     * @throws GensrException.InvalidArgument where [text] has half of a surrogate pair.
     * @sample io.github.gensr.samples.quote
     */
    @JvmStatic
    public fun quote(text: String): String = quotedInFilter(text)
}
