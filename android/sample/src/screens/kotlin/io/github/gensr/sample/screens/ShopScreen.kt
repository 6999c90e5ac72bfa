package io.github.gensr.sample.screens

import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.consumeWindowInsets
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Button
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.Icon
import androidx.compose.material3.NavigationBar
import androidx.compose.material3.NavigationBarItem
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.saveable.rememberSaveableStateHolder
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import io.github.gensr.sample.R
import io.github.gensr.sample.model.OpenShop
import io.github.gensr.sample.model.Page
import io.github.gensr.sample.model.Problem
import io.github.gensr.sample.model.ShopModel
import io.github.gensr.sample.model.ShopState

/**
 * The whole app.
 *
 * @param export Asks the user where the history is to go, and has it written there.
 */
@Composable
fun ShopScreen(model: ShopModel, dark: Boolean = isSystemInDarkTheme(), export: () -> Unit) {
    val state by model.state.collectAsState()
    ShopTheme(dark) {
        Surface(Modifier.fillMaxSize()) {
            when (val now = state) {
                ShopState.Opening -> Opening()
                is ShopState.Failed -> Failed(now.problem, model::retry)
                is ShopState.Open -> Pages(now.shop, export)
            }
        }
    }
}

@Composable
private fun Opening() {
    val opening = stringResource(R.string.opening)
    Box(Modifier.fillMaxSize(), contentAlignment = Alignment.Center) {
        CircularProgressIndicator(Modifier.semantics { contentDescription = opening })
    }
}

@Composable
private fun Failed(problem: Problem, retry: () -> Unit) {
    Column(
        Modifier.fillMaxSize().padding(32.dp),
        verticalArrangement = Arrangement.spacedBy(20.dp, Alignment.CenterVertically),
        horizontalAlignment = Alignment.CenterHorizontally,
    ) {
        Text(words(problem), textAlign = TextAlign.Center)
        Button(onClick = retry) { Text(stringResource(R.string.retry)) }
    }
}

@Composable
private fun Pages(shop: OpenShop, export: () -> Unit) {
    val stack by shop.stack.collectAsState()
    val page = stack.last()
    // Where each page was scrolled to, for when it is come back to.
    val kept = rememberSaveableStateHolder()
    Scaffold(bottomBar = { if (page !is Page.Item) Tabs(page, shop) }) { insets ->
        Box(Modifier.padding(insets).consumeWindowInsets(insets)) {
            kept.SaveableStateProvider(stack.size to (page as? Page.Item)?.model?.state?.value?.card?.id.orEmpty()) {
                when (page) {
                    Page.Discover -> DiscoverScreen(shop)
                    Page.Privacy -> PrivacyScreen(shop.privacy, shop::show, export)
                    is Page.Item -> ItemScreen(page.model, shop::show, back = { shop.back() })
                }
            }
        }
    }
}

@Composable
private fun Tabs(page: Page, shop: OpenShop) {
    NavigationBar {
        NavigationBarItem(
            selected = page == Page.Discover,
            onClick = shop::showDiscover,
            icon = { Icon(Icons.Spark, contentDescription = null) },
            label = { Text(stringResource(R.string.discover)) },
        )
        NavigationBarItem(
            selected = page == Page.Privacy,
            onClick = shop::showPrivacy,
            icon = { Icon(Icons.Lock, contentDescription = null) },
            label = { Text(stringResource(R.string.privacy)) },
        )
    }
}
