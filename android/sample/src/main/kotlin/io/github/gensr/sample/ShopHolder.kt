package io.github.gensr.sample

import android.app.Application
import android.net.Uri
import androidx.lifecycle.AndroidViewModel
import androidx.lifecycle.viewModelScope
import io.github.gensr.Engine
import io.github.gensr.android.openAsset
import io.github.gensr.android.trimMemoryWith
import io.github.gensr.sample.model.ShopModel
import io.github.gensr.sample.model.ShopState
import java.io.FileNotFoundException

/** Keeps the shop over a rotation, and closes it with the activity. Everything else is in the models, which know no Android. */
class ShopHolder(application: Application) : AndroidViewModel(application) {
    private var callbacks: AutoCloseable? = null

    val model = ShopModel(viewModelScope, scratch = { application.cacheDir }) {
        Engine.openAsset(application, "demo.gensr").also { engine ->
            callbacks?.close()
            callbacks = engine.trimMemoryWith(application)
        }
    }

    /** Writes the history to where the user said. */
    fun export(target: Uri) {
        val shop = (model.state.value as? ShopState.Open)?.shop ?: return
        val resolver = getApplication<Application>().contentResolver
        shop.privacy.export { resolver.openOutputStream(target, "wt") ?: throw FileNotFoundException() }
    }

    override fun onCleared() {
        callbacks?.close()
        model.close()
    }
}
