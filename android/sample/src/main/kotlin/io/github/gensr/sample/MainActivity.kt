package io.github.gensr.sample

import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.compose.BackHandler
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.activity.result.contract.ActivityResultContracts
import androidx.activity.viewModels
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import io.github.gensr.sample.model.OpenShop
import io.github.gensr.sample.model.ShopState
import io.github.gensr.sample.screens.ShopScreen

class MainActivity : ComponentActivity() {
    private val holder: ShopHolder by viewModels()

    private val place = registerForActivityResult(ActivityResultContracts.CreateDocument("application/octet-stream")) { target ->
        target?.let(holder::export)
    }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        enableEdgeToEdge()
        setContent {
            ShopScreen(holder.model, export = { place.launch("history.jsonl") })
            val state by holder.model.state.collectAsState()
            (state as? ShopState.Open)?.let { Back(it.shop) }
        }
    }
}

/** The system's way back goes through the pages first. */
@Composable
private fun Back(shop: OpenShop) {
    val stack by shop.stack.collectAsState()
    BackHandler(enabled = stack.size > 1) { shop.back() }
}
