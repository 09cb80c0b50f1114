import PostgresCrypto
import PostgresTransport
import PostgresWire

/// What the server asks for and only somebody outside the protocol has.
extension Session {
    /// Gives what is there at once; has the rest asked for once the lock is released.
    func ask(
        _ want: Authentication.Want, _ state: inout SessionState, _ effects: inout Effects
    ) throws(PostgresError) {
        guard case .password = want, configuration.passwordProvider == nil else {
            effects.rare.wants = want
            return
        }
        guard let password = configuration.password(for: host) else {
            throw PostgresError(
                .authenticationFailed, "the server asks for a password and none is configured",
                advice: "Put it into the URL (postgres://user:password@host/database) or into PGPASSWORD")
        }
        try state.startup?.give(password: password, to: &state.outbound)
    }

    /// Asks outside of every lock, and not on the loop: it may take its time. The connection's deadline goes on.
    func provide(_ want: Authentication.Want) {
        switch want {
        case .password:
            guard let provider = configuration.passwordProvider else { return }
            start("passwordProvider") {
                try await provider()
            } give: { (password, state) throws(PostgresError) in
                try state.startup?.give(password: password, to: &state.outbound)
            }
        case .token:
            guard let provider = configuration.oauthTokenProvider else { return }
            let request = oauthRequest
            start("oauthTokenProvider") {
                try await provider(request)
            } give: { (token, state) throws(PostgresError) in
                try state.startup?.give(token: token, to: &state.outbound)
            }
        case .proof(let work):
            // Not in the pool of threads that tasks share: nothing else would run there meanwhile.
            do {
                try Worker.run {
                    let proof = work.proof()
                    self.goOn { (state) throws(PostgresError) in
                        try state.startup?.give(proof: proof, to: &state.outbound)
                    }
                }
            } catch {
                goOn { (_) throws(PostgresError) in
                    throw PostgresError(.connectionFailed, "no thread could be started: \(error)", safeToRetry: true)
                }
            }
        }
    }

    private var oauthRequest: PostgresOAuthRequest {
        var discovery: OAuthRefusal?
        if case .queries(let options) = purpose { discovery = options.discovery }
        return PostgresOAuthRequest(
            host: host.name, user: configuration.user, discoveryURL: discovery?.discoveryURL,
            scope: configuration.oauth.scope ?? discovery?.scope, settings: configuration.oauth)
    }

    private func start(
        _ name: String, _ provider: @escaping @Sendable () async throws -> String,
        give: @escaping @Sendable (String, inout SessionState) throws(PostgresError) -> Void
    ) {
        let task = Task {
            do {
                let secret = try await provider()
                goOn { (state) throws(PostgresError) in try give(secret, &state) }
            } catch let error as PostgresError {
                goOn { (_) throws(PostgresError) in throw error }
            } catch {
                // Its own words may hold anything, a secret too.
                let kind = type(of: error)
                goOn { (_) throws(PostgresError) in
                    throw PostgresError(
                        .authenticationFailed, "\(name) threw a \(kind)",
                        advice: "Throw a PostgresError from it to say more")
                }
            }
        }
        change { state, effects in
            if state.phase == .closed { effects.rare.uselessTask = task } else { state.credentialTask = task }
        }
    }

    /// Back on the loop with what was wanted: answers, and takes what the server has sent meanwhile.
    private func goOn(_ give: @escaping @Sendable (inout SessionState) throws(PostgresError) -> Void) {
        loop.perform {
            self.change { state, effects in
                guard state.phase == .startingUp else { return }
                state.credentialTask = nil
                do throws(PostgresError) {
                    try give(&state)
                    try self.startUp(&state, &effects)
                    if state.phase == .ready { try self.processAnswers(&state, &effects) }
                    effects.updatesInterest = true
                } catch {
                    self.close(&state, error, &effects)
                }
            }
        }
    }
}
