using Dmp.Server.Access;
using Dmp.Server.Audiences;
using Dmp.Server.Audit;
using Dmp.Server.Care;
using Dmp.Server.Consents;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Edge;
using Dmp.Server.Events;
using Dmp.Server.Explanations;
using Dmp.Server.Facts;
using Dmp.Server.Intake;
using Dmp.Server.Media;
using Dmp.Server.Notices;
using Dmp.Server.Options;
using Dmp.Server.References;
using Dmp.Server.Requests;
using Dmp.Server.Search;
using Dmp.Server.Wishes;
using Dmp.Storage;
using Dmp.Storage.Keys;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Startup;

/// <summary>The only list of registrations.</summary>
internal static class ServiceSetup
{
    public static void AddDmp(
        this IServiceCollection services, DatabaseSetup database, MasterKeySet masterKeys, MasterKeyOptions masterKeyOptions)
    {
        services.AddOptions<RealmOptions>().BindConfiguration(RealmOptions.Section).ValidateOnStart();
        services.AddOptions<DatabaseOptions>().BindConfiguration(DatabaseOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<UploadOptions>().BindConfiguration(UploadOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<ImportOptions>().BindConfiguration(ImportOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<FeedOptions>().BindConfiguration(FeedOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<FactOptions>().BindConfiguration(FactOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<SearchOptions>().BindConfiguration(SearchOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<SearchOptions>, SearchOptionsRules>();
        services.AddOptions<CareOptions>().BindConfiguration(CareOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CareOptions>, CareOptionsRules>();
        services.AddOptions<AuditOptions>().BindConfiguration(AuditOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddContent();
        services.AddMedia();
        services.AddSingleton(masterKeys);
        services.AddSingleton(masterKeyOptions);
        services.AddNotices();

        services.AddSingleton<TimeProvider, DatabaseClock>();
        services.AddSingleton(database.Source);
        services.AddSingleton(database.Sessions);
        services.AddSingleton<Database>();
        services.AddSingleton<RequestLog>();
        services.AddSingleton<TraceKeys>();
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<TracedReads>();
        services.AddSingleton<RollbackGuard>();
        services.AddSingleton<TraceSequencer>();
        services.AddHostedService(provider => provider.GetRequiredService<TraceSequencer>());
        services.AddEdge();
        services.AddSingleton<RememberedFacts>();
        services.AddSingleton<AccessPolicy>();
        services.AddSingleton<AccessEffects>();
        services.AddSingleton<PageTokens>();
        services.AddSingleton<ConsistencyTokens>();
        services.AddPageTokenKeys();
        services.AddHostedService<Housekeeping>();
        services.AddHostedService<ChangeSequencer>();
        services.AddSingleton<ChangeListener>();
        services.AddHostedService(provider => provider.GetRequiredService<ChangeListener>());
        services.AddSingleton<FeedWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<FeedWatch>());
        services.AddSingleton<EventFeed>();
        services.AddSingleton<FeedTokens>();

        services.AddSingleton<ConsentChanges>();
        services.AddSingleton<ProfessionalExplanations>();
        services.AddSingleton<DocumentViews>();
        services.AddSingleton<TraceReaders>();
        services.AddSingleton<DocumentChanges>();
        services.AddIntake();
        services.AddSingleton<FactCounts>();
        services.AddSingleton<VersionReader>();
        services.AddSingleton<RecordBlocks>();
        services.AddSingleton<RecordFacts>();
        services.AddSingleton<WholeRecord>();
        services.AddSingleton<WishVault>();
        services.AddSingleton<WishStating>();
        services.AddSingleton<WishReader>();
        services.AddSingleton<PatientReader>();
        services.AddSingleton<DangerousList>();
        services.AddSingleton<ExamTablesInForce>();
        services.AddSingleton<LastVisits>();
        services.AddSingleton<PanelLists>();
        services.AddSingleton<ExamCounts>();
        services.AddSingleton<SearchWords>();
        services.AddHostedService<FactMaker>();
        services.AddSingleton<ReferenceShelf>();
        services.AddHostedService(provider => provider.GetRequiredService<ReferenceShelf>());
        services.AddMethods();

        services.AddDmpGrpc();
        services.AddSingleton(database);
        services.AddDmpHealth();

        // Streams that are under way when the server is told to stop may end in peace.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(60));
    }

    private static void AddEdge(this IServiceCollection services)
    {
        services.AddOptions<EdgeOptions>().BindConfiguration(EdgeOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<EdgeCounts>();
        services.AddSingleton<EdgeGuard>();
        services.AddSingleton<CallTurns>();
        services.AddSingleton<RefusedCalls>();
        services.AddHostedService(provider => provider.GetRequiredService<RefusedCalls>());
    }

    private static void AddContent(this IServiceCollection services)
    {
        services.AddOptions<ContentOptions>().BindConfiguration(ContentOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ContentOptions>, ContentOptionsValidator>();
        services.AddSingleton<IValidateOptions<ContentOptions>, S3OptionsRules>();
        services.AddSingleton<DiskContentStore>();
        services.AddSingleton<S3ContentStore>();
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<ContentOptions>>().Value;
            var store = StoreOf(provider, options.Store);
            return options.Fallback is { } fallback ? new FallbackContentStore(store, StoreOf(provider, fallback)) : store;
        });
        services.AddSingleton<ContentPacks>();
        services.AddSingleton<RecordKeys>();
        services.AddSingleton<ContentVault>();
        services.AddSingleton<FindReferencedContent>(provider =>
        {
            var database = provider.GetRequiredService<Database>();
            return (blobIds, ct) => database.OnConnectionAsync<IReadOnlySet<Guid>>(
                async connection =>
                {
                    await RowScope.Sweep.ApplyAsync(connection, ct);
                    return (await DocumentSql.FindReferencedAsync(connection, blobIds, ct)).ToHashSet();
                },
                ct);
        });
        services.AddHostedService<ContentSweeper>();
    }

    private static void AddIntake(this IServiceCollection services)
    {
        services.AddSingleton<LiveUploads>();
        services.AddSingleton<UploadQuestions>();
        services.AddSingleton<UploadPlanning>();
        services.AddSingleton<UploadAdmission>();
        services.AddSingleton<UnfinishedUploads>();
        services.AddSingleton<UploadOpening>();
        services.AddSingleton<UploadReceivers>();
        services.AddSingleton<FhirHeaders>();
        services.AddSingleton<UploadDescription>();
        services.AddSingleton<SubmissionSetDecisions>();
        services.AddSingleton<UploadDecisions>();
        services.AddSingleton<UploadWriting>();
        services.AddSingleton<UploadRelease>();
        services.AddSingleton<UploadCommit>();
        services.AddSingleton<HeldUpload>();
        services.AddSingleton<ImportMemory>();
        services.AddSingleton<ImportSmall>();
        services.AddSingleton<ImportPieces>();
        services.AddSingleton<ImportReading>();
        services.AddSingleton<ImportCommits>();
        services.AddSingleton<ImportTrace>();
    }

    private static IContentStore StoreOf(IServiceProvider provider, ContentStoreKind kind) => kind == ContentStoreKind.S3
        ? provider.GetRequiredService<S3ContentStore>()
        : provider.GetRequiredService<DiskContentStore>();

    private static void AddMedia(this IServiceCollection services)
    {
        services.AddOptions<ScanOptions>().BindConfiguration(ScanOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ScanOptions>, ScanOptionsRules>();
        services.AddSingleton<Clamd>();
        services.AddSingleton<Quarantine>();
        services.AddHostedService(provider => provider.GetRequiredService<Quarantine>());
        services.AddSingleton<ContentInspector>();
    }

    private static void AddNotices(this IServiceCollection services)
    {
        services.AddOptions<NoticeOptions>().BindConfiguration(NoticeOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<NoticeOptions>, NoticeOptionsRules>();
        services.AddSingleton<NoticeChannelList>();
        services.AddSingleton<NoticeMaker>();
        services.AddHostedService(provider => provider.GetRequiredService<NoticeMaker>());
        services.AddHostedService<FirstAccessMaker>();
        services.AddHostedService<NoticeDeliverer>();
    }

    private static void AddPageTokenKeys(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("dmp");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider =>
            new ConfigureOptions<KeyManagementOptions>(keys => keys.XmlRepository = new KeyRing(provider.GetRequiredService<Database>())));
    }
}
