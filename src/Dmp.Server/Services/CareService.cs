using Contract = Dmp.Care.V1.CareService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of care. Each is a class of its name.</summary>
internal sealed class CareService : Contract.CareServiceBase;
