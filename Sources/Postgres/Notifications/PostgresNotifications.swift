/// What comes in on the channels that somebody listens to: `pool.listen("jobs")`.
///
///     for await note in try await pool.listen("jobs") {
///         print(note.channel, note.payload)
///     }
///
/// Nothing is lost between the return of `listen` and the loop, nor between two loops over the same value. The sequence
/// ends when the task that reads it is cancelled, when the pool or connection is closed, and by ``end()``; the server is
/// told to send no more when the last reader of a channel is through or gone.
///
/// A pool's listening connection that is lost is replaced, and a slow reader's oldest notifications make room for new ones.
/// Both leave a gap, which this sequence passes over. Who must not miss anything reads ``events``, which tells of gaps.
///
/// Several tasks that read one value share it: each element goes to one of them.
public struct PostgresNotifications: AsyncSequence, Sendable {
    public typealias Element = PostgresNotification
    public typealias Failure = Never

    let subscription: NotificationSubscription

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(subscription: subscription) }

    /// The same, with an event wherever notifications are missing:
    ///
    ///     for await event in try await pool.listen("jobs").events {
    ///         switch event {
    ///         case .notification(let note): await work(on: note.payload)
    ///         case .gap: await lookForWork()
    ///         }
    ///     }
    public var events: Events { Events(subscription: subscription) }

    /// Ends the sequence at once. What has come and was not read is dropped.
    public func end() { subscription.end() }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let subscription: NotificationSubscription

        public mutating func next() async -> PostgresNotification? { await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async -> PostgresNotification? {
            while let event = await subscription.next() {
                if case .notification(let notification) = event { return notification }
            }
            return nil
        }
    }

    /// Notifications and the gaps between them.
    public struct Events: AsyncSequence, Sendable {
        public typealias Element = PostgresListenEvent
        public typealias Failure = Never

        let subscription: NotificationSubscription

        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(subscription: subscription) }

        public struct AsyncIterator: AsyncIteratorProtocol {
            let subscription: NotificationSubscription

            public mutating func next() async -> PostgresListenEvent? { await subscription.next() }

            public mutating func next(isolation actor: isolated (any Actor)?) async -> PostgresListenEvent? {
                await subscription.next()
            }
        }
    }
}

/// The right to an inbox; its channels are let go of when nobody has it any more.
final class NotificationSubscription: Sendable {
    private let inbox: NotificationInbox
    private let hub: NotificationHub
    /// The pool or connection, which lives as long as somebody listens.
    private let owner: any AnyObject & Sendable

    init(_ inbox: NotificationInbox, hub: NotificationHub, owner: any AnyObject & Sendable) {
        self.inbox = inbox
        self.hub = hub
        self.owner = owner
    }

    deinit { hub.remove(inbox) }

    func next() async -> PostgresListenEvent? {
        guard !Task.isCancelled else {
            end()
            return nil
        }
        return await withTaskCancellationHandler {
            await inbox.next()
        } onCancel: {
            end()
        }
    }

    func end() {
        hub.remove(inbox)
        inbox.close()
    }
}
